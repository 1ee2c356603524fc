"""The HTTP edge: requests of API Gateway (payload format 2.0) in, answers out."""
