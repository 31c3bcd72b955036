// The version of the costs that the rows of the instruction table have: whoever keeps a count of fuel keeps this beside it. Costs of one
// version never change; docs/fuel.md has them.

export const COST_TABLE_VERSION = 1
