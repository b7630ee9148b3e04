/** Tokens of an SPDX license expression: identifiers with an optional `+`, references, AND, OR, WITH, parentheses. */
const ID = /^((DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+|[A-Za-z0-9][A-Za-z0-9.-]*\+?)$/;
const EXCEPTION = /^((DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+|[A-Za-z0-9][A-Za-z0-9.-]*)$/;
const WORDS = /^(and|or|with)$/i;

/**
 * Whether a text follows the grammar of SPDX 2.3 annex D. Identifiers are not compared with the license list, which
 * grows faster than any copy of it.
 */
export const isLicenseExpression = (text: string): boolean => {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let open = 0;
  let wantsOperand = true;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token === '(') {
      if (!wantsOperand) return false;
      open += 1;
    } else if (token === ')') {
      if (wantsOperand || open === 0) return false;
      open -= 1;
    } else if (wantsOperand) {
      if (!ID.test(token) || WORDS.test(token)) return false;
      wantsOperand = false;
    } else if (/^with$/i.test(token)) {
      at += 1;
      // An exception belongs to one license, not to an expression in parentheses nor to another exception.
      if (!EXCEPTION.test(tokens[at] ?? '') || WORDS.test(tokens[at]!)) return false;
      if (tokens[at - 2] === ')' || /^with$/i.test(tokens[at - 3] ?? '')) return false;
    } else {
      if (!/^(and|or)$/i.test(token)) return false;
      wantsOperand = true;
    }
  }
  return !wantsOperand && open === 0;
};
