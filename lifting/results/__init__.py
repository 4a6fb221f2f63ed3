"""The registry of results: records of tests, published numbers, and the tables made of both."""
