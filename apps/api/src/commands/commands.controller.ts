import * as routes from '@muster/contracts/commands/commands.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { CommandsService } from './commands.service.js';

@Controller()
export class CommandsController {
  constructor(private readonly commands: CommandsService) {}

  @Endpoint(routes.sendCommand)
  send(call: Call<typeof routes.sendCommand>) {
    return this.commands.send(call);
  }

  @Endpoint(routes.listDeviceCommands)
  list(call: Call<typeof routes.listDeviceCommands>) {
    return this.commands.list(call);
  }

  @Endpoint(routes.getCommand)
  get(call: Call<typeof routes.getCommand>) {
    return this.commands.get(call);
  }

  @Endpoint(routes.cancelCommand)
  cancel(call: Call<typeof routes.cancelCommand>) {
    return this.commands.cancel(call);
  }
}
