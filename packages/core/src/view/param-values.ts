/** Values of a view's parameters, as expressions see them. */
export type ParamValue = string | number | boolean | null | readonly string[];
export type ParamValues = Readonly<Record<string, ParamValue>>;
