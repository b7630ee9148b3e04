import { liveStream } from '@muster/contracts/live/live.routes';
import { Controller } from '@nestjs/common';
import { credentialsOf } from '../http/door.guard.js';
import { type Call, Endpoint } from '../http/endpoint.js';
import { beginEventStream } from '../http/event-stream.js';
import { PrincipalSource } from '../http/principal.js';
import { LiveHub } from './live.hub.js';
import { openLiveStream } from './live.stream.js';

@Controller()
export class LiveController {
  constructor(
    private readonly hub: LiveHub,
    private readonly principals: PrincipalSource,
  ) {}

  /** Last-Event-ID, which a browser sends by itself when it reconnects, wins over the query. */
  @Endpoint(liveStream)
  stream(call: Call<typeof liveStream>) {
    const { request, reply, principal, query } = call;
    const lastEventId = Number(request.headers['last-event-id'] ?? Number.NaN);
    const after = Number.isSafeInteger(lastEventId) && lastEventId >= 0 ? lastEventId : query.after;
    const response = beginEventStream(reply);
    const stillThere = () => this.principals.resolve(credentialsOf(request));
    openLiveStream({ hub: this.hub, response, after: after ?? this.hub.head, principal, stillThere });
  }
}
