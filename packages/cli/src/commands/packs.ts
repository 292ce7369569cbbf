import type { Command } from 'commander';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';
import { packAlerts, readPack, validatePack } from '../pack-file.ts';
import { addPackVersions } from './pack-versions.ts';

export function addPacks(program: Command, terminal: Terminal): void {
  const packs = program.command('packs').description('Domains: their event types and metrics.');
  packs
    .command('validate <pack>')
    .description('Check a pack.yaml, or the folder that holds one, without a server.')
    .action(async (pack: string) => {
      terminal.stdout.write(`${validatePack(await readPack(pack))}\n`);
    });
  packs
    .command('alerts <pack>')
    .description('Rules of Prometheus that look after what a pack aims at, as infra/alerts has them of the packs that come along.')
    .action(async (pack: string) => {
      terminal.stdout.write(packAlerts(await readPack(pack)));
    });
  packs
    .command('apply <pack>')
    .description('Install a pack or a new version of it; it takes effect in every service without a restart.')
    .action(async (pack: string, _flags: unknown, command: Command) => {
      const yaml = await readPack(pack);
      validatePack(yaml);
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).applyPack(yaml));
    });
  packs
    .command('list')
    .description('Installed packs with their versions.')
    .action(async (_flags: unknown, command: Command) => {
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).packs());
    });
  addPackVersions(packs, terminal);
}
