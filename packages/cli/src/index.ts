export { barView } from './bar-view.ts';
export { createRowMapper, parseMapping, type Mapping } from './mapping.ts';
export { openRows } from './row-source.ts';
export { plotView } from './plot-view.ts';
export { runProgram } from './program.ts';
export { rowId, sendFile, type FileProgress, type FileReport, type SendFileOptions } from './send-file.ts';
export { tableView } from './table-view.ts';
export type { Terminal } from './terminal.ts';
