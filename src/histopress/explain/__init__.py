"""Where on a slide a model looks: heat maps as arrays on the grid."""
