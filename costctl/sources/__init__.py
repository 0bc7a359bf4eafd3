"""Where logs come from: one file a container, each giving records as one JSON document a line."""
