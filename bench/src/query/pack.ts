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
      channel: { type: string, max_length: 100, action: keep }
      namespace: { type: string, max_length: 100, action: keep }
      country: { type: string, max_length: 100, optional: true, action: keep }
      robot: { type: boolean, dimension: true }
      added: { type: integer, min: 0, unit: characters }
      deleted: { type: integer, min: 0, unit: characters, action: keep }
      delta: { type: integer, unit: characters, action: keep }
metrics:
  ${METRIC}:
    events: [wiki.edit]
    dimensions: [robot]
    measures:
      edits: { measure: count }
      added: { measure: sum, field: added }
`;
