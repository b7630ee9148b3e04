import { ProblemError } from '../api/problem-error.js';

/** What the server says is wrong with a field of the body, by its JSON pointer below `/body`; undefined when nothing is. */
export const fieldFault = (error: unknown, field: string): string | undefined =>
  error instanceof ProblemError
    ? error.problem.errors?.find(({ pointer }) => pointer === `/body/${field}`)?.message
    : undefined;

/** Whether every fault of a refusal stands at one of these fields, so that no notice needs to repeat it. */
export const allAtFields = (error: unknown, fields: readonly string[]): boolean =>
  error instanceof ProblemError &&
  (error.problem.errors?.length ?? 0) > 0 &&
  error.problem.errors!.every(({ pointer }) => fields.some((field) => pointer === `/body/${field}`));
