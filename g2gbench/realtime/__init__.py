"""The client's side of the realtime service's protocol."""
