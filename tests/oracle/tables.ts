import { fileURLToPath } from 'node:url';
import { sqlText } from './oracle.ts';
import type { Oracle } from './oracle.ts';

/** Path of a shipped data file. */
export function dataFile(name: string): string {
  return fileURLToPath(new URL(`../../data/${name}`, import.meta.url));
}

export const WIKIPEDIA_FILE = 'wikipedia/wikipedia_edits_2015-09-12.json.gz';
export const TRACES_FILE = 'traces/trainticket_traces_2023-01-30.csv.gz';
export const FITBIT_FOLDERS = ['fitbit_2016_mar_apr', 'fitbit_2016_apr_may'] as const;

/** Table `edits(instant timestamptz, channel, namespace, country, robot, added, deleted, delta)`. */
export async function createEdits(oracle: Oracle): Promise<void> {
  await oracle.run(`CREATE TABLE edits AS
    SELECT CAST(time AS TIMESTAMPTZ) AS instant, channel, namespace, countryName AS country, isRobot AS robot,
           CAST(added AS BIGINT) AS added, CAST(deleted AS BIGINT) AS deleted, CAST(delta AS BIGINT) AS delta
    FROM read_json(${sqlText(dataFile(WIKIPEDIA_FILE))}, format = 'newline_delimited',
      columns = {time: 'VARCHAR', channel: 'VARCHAR', namespace: 'VARCHAR', countryName: 'VARCHAR', isRobot: 'BOOLEAN',
                 added: 'BIGINT', deleted: 'BIGINT', delta: 'BIGINT'})`);
}

/** Table `spans(instant timestamptz, span, trace, pod, operation, is_root, duration)`: the first row of each span id, in file order. */
export async function createSpans(oracle: Oracle): Promise<void> {
  await oracle.run(`CREATE TABLE spans AS
    WITH numbered AS (
      SELECT *, row_number() OVER () AS row_no
      FROM read_csv(${sqlText(dataFile(TRACES_FILE))}, header = true, all_varchar = true))
    SELECT make_timestamp(CAST(StartTimeUnixNano AS BIGINT) // 1000) AT TIME ZONE 'UTC' AS instant, SpanID AS span, TraceID AS trace, PodName AS pod,
           OperationName AS operation, ParentID = 'root' AS is_root, CAST(Duration AS BIGINT) AS duration
    FROM numbered QUALIFY row_number() OVER (PARTITION BY SpanID ORDER BY row_no) = 1`);
}

/**
 * Table `steps(folder, person, instant timestamptz, steps, is_first)`: hourly steps of both folders, local times read as UTC;
 * `is_first` marks the first row of each (person, hour), the earlier folder first.
 */
export async function createSteps(oracle: Oracle): Promise<void> {
  const folders = FITBIT_FOLDERS.map(
    (folder, index) => `SELECT ${index} AS folder_no, ${sqlText(folder)} AS folder, Id AS person,
      strptime(ActivityHour, '%-m/%-d/%Y %-I:%M:%S %p') AT TIME ZONE 'UTC' AS instant, CAST(trim(StepTotal) AS BIGINT) AS steps
      FROM read_csv(${sqlText(dataFile(`fitbit/${folder}/hourlySteps_merged.csv.gz`))}, header = true, all_varchar = true)`,
  );
  await oracle.run(`CREATE TABLE steps AS
    SELECT folder, person, instant, steps, row_number() OVER (PARTITION BY person, instant ORDER BY folder_no) = 1 AS is_first
    FROM (${folders.join(' UNION ALL ')})`);
}

/** SQL for the bucket of `instant` in a zone, as local wall time text `YYYY-MM-DD HH:MM`. */
export function localBucket(grain: 'hour' | 'day' | 'week' | 'month', zone: string): string {
  return `strftime(date_trunc('${grain}', timezone(${sqlText(zone)}, instant)), '%Y-%m-%d %H:%M')`;
}

export const SUBMISSIONS_FILE = 'oulad/student_assessment.csv.gz';

/** Table `submissions(learner, assessment, course, day date, banked, score)`; B courses begin on 1 February, J courses on 1 October. */
export async function createSubmissions(oracle: Oracle): Promise<void> {
  const read = (file: string): string => `read_csv(${sqlText(dataFile(file))}, header = true, all_varchar = true)`;
  await oracle.run(`CREATE TABLE submissions AS
    SELECT id_student AS learner, id_assessment AS assessment, code_module || '-' || code_presentation AS course,
           make_date(left(code_presentation, 4)::INT, if(right(code_presentation, 1) = 'B', 2, 10), 1) + date_submitted::INT AS day,
           lower(is_banked) AS banked, CAST(score AS DECIMAL(9, 4)) AS score
    FROM ${read(SUBMISSIONS_FILE)} AS handed_in JOIN ${read('oulad/assessment.csv.gz')} AS assessment USING (id_assessment)`);
}
