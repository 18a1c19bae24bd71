"""How time is cut into windows, and what a stream's state says. Knows neither HTTP nor the CDK."""
