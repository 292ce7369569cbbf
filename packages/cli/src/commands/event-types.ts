import type { Command } from 'commander';
import { packObject, readPack } from '../pack-file.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

export function addEventTypes(program: Command, terminal: Terminal): void {
  const types = program.command('event-types').description('What events may hold, and event types of your own.');
  types
    .command('list')
    .description('Event types of all packs.')
    .action(async (_flags: unknown, command: Command) => {
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'GET', path: '/v1/event-types' }));
    });
  types
    .command('define <file>')
    .description(
      'Define an event type from a YAML or JSON file: its name, its fields, and metrics over it. Events of it are taken at once.',
    )
    .action(async (file: string, _flags: unknown, command: Command) => {
      const call = { method: 'POST', path: '/v1/event-types', ...jsonOf(await membersOf(file)) } as const;
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call(call));
    });
  types
    .command('change <file>')
    .description('Put another definition in place of one that was defined here; what was sent before has to fit it.')
    .action(async (file: string, _flags: unknown, command: Command) => {
      const { event_type: eventType, ...members } = await membersOf(file);
      const path = `/v1/event-types/${encodeURIComponent(String(eventType))}`;
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'PUT', path, ...jsonOf(members) }));
    });
}

async function membersOf(file: string): Promise<Readonly<Record<string, unknown>>> {
  return Object(packObject(await readPack(file))) as Readonly<Record<string, unknown>>;
}

function jsonOf(value: object): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  return { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
}
