"""Statistics of censored times to an event, as pure functions on arrays.

Conventions that all modules share; each function says what it adds.

- A higher score means a higher hazard: an earlier event.
- At equal times events come before censorings: who is censored at the time of an event was at risk
  of it.
- Weights say how many copies of each patient a resample holds. Results under weights are those of
  a sample in which the patients are literally repeated.
- A figure that has no value raises ``UndefinedMetricError`` with the reason. Functions of many
  resamples give NaN for those in which the figure has none, to be counted by who asked for them.
"""
