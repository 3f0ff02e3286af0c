"""docker-compose.yml and the Dockerfile, checked without a container engine."""
