"""What the tests share: the connector run in the test process or as a process, and companies with their truth."""
