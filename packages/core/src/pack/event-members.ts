/** As the id of an entity: each event is a row of its own. */
export const ROW_EVENT = '_event';

/** As a dimension of a metric: the type of the event. */
export const TYPE_DIMENSION = '_type';
