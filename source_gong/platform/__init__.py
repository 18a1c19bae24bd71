"""The connector as a platform sees it: the CDK, the Airbyte protocol and the console. Nobody below imports it."""
