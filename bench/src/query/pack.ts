/** The metric of the bench: two series, as most dashboards ask for, of the events of the workload `road`. */
export const METRIC = 'edits.size';
export const MEASURES = ['edits', 'added'];

export const PACK = `
pack: edits
title: Edits and the characters that they add
events:
  wiki.edit:
    key: page
    fields:
      page: { type: string, max_length: 255 }
      channel: { type: string, max_length: 100, why: part of the load }
      namespace: { type: string, max_length: 100, why: part of the load }
      country: { type: string, max_length: 100, optional: true, why: part of the load }
      robot: { type: boolean, dimension: true }
      added: { type: integer, min: 0, unit: characters }
      deleted: { type: integer, min: 0, unit: characters, why: part of the load }
      delta: { type: integer, unit: characters, why: part of the load }
metrics:
  ${METRIC}:
    events: [wiki.edit]
    dimensions: [robot]
    measures:
      edits: { measure: count }
      added: { measure: sum, field: added }
`;
