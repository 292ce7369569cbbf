import { expect, test } from 'vitest';
import { runPack } from './pack-in-process.ts';

let eventNo = 0;
const event = (type: string, patient: string, at: string, data: object): string =>
  JSON.stringify({ id: `e-${(eventNo += 1)}`, type: `clinical.${type}`, subject: patient, occurred_at: `${at}T10:00:00Z`, data });
const scored = (patient: string, at: string, value: number, instrument = 'phq9'): string =>
  event('outcome.measured', patient, at, { measurement_id: `m-${eventNo}`, instrument, score: value });
const begun = (patient: string, treatment: string): string =>
  event('treatment.started', patient, '2026-03-01', { treatment_id: treatment, treatment_type: 'psychotherapy', treatment_code: 'CBT' });

test('synthetic: a patient is told with what is open, oldest first, and with the last score on each instrument', async () => {
  const one = runPack('novamind');
  const diagnosed = (id: string, at: string, more: object = {}): string =>
    event('diagnosis.recorded', 'a', at, { diagnosis_id: id, diagnosis_code: id.toUpperCase(), code_system: 'icd10', ...more });
  const taken = (id: string, at: string): string =>
    event('medication.started', 'a', at, { course_id: id, medication_code: '36437', dose: 50 });
  expect(
    one
      .send([
        ...[diagnosed('f33.1', '2026-02-01'), diagnosed('f41.1', '2026-01-05'), diagnosed('j06.9', '2026-03-01')],
        diagnosed('j06.9', '2026-03-01', { resolved_at: '2026-03-09T10:00:00Z' }),
        ...[begun('a', 'open'), begun('a', 'over'), begun('b', 'of another')],
        event('treatment.ended', 'a', '2026-06-01', { treatment_id: 'over', outcome: 'completed' }),
        ...[taken('c-1', '2026-03-02'), taken('c-2', '2026-03-03')],
        event('medication.stopped', 'a', '2026-05-01', { course_id: 'c-1', reason: 'side_effect' }),
        ...[scored('a', '2026-02-20', 18), scored('a', '2026-05-01', 7), scored('a', '2026-04-01', 9), scored('b', '2026-06-01', 2)],
        scored('a', '2026-01-01', 12, 'gad7'),
      ])
      .filter((fault) => fault !== null),
  ).toEqual([]);
  const at = (day: string): string => `${day}T10:00:00.000Z`;
  expect(await one.view('patient_summary', { patient_id: 'a' })).toEqual({
    patient_ref: 'a',
    diagnoses: [
      { diagnosis_code: 'F41.1', code_system: 'icd10', recorded_at: at('2026-01-05') },
      { diagnosis_code: 'F33.1', code_system: 'icd10', recorded_at: at('2026-02-01') },
    ],
    treatments: [{ treatment_id: 'open', treatment_type: 'psychotherapy', treatment_code: 'CBT', started_at: at('2026-03-01') }],
    medication: [{ course_id: 'c-2', medication_code: '36437', dose: 50, dose_unit: null, started_at: at('2026-03-03') }],
    scores: [
      { instrument: 'gad7', score: 12, measured_at: at('2026-01-01') },
      { instrument: 'phq9', score: 7, measured_at: at('2026-05-01') },
    ],
  });
  expect(await one.view('patient_summary', { patient_id: 'nobody' })).toEqual({
    ...{ patient_ref: 'nobody', diagnoses: [], treatments: [], medication: [], scores: [] },
  });
});
