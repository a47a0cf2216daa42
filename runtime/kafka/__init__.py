"""Kafka: topics, the relay that fills them from a log, and the subscription that reads them."""
