"""What a metric without a value raises."""


class UndefinedMetricError(ValueError):
    """A metric that has no value on these data; the message says why."""
