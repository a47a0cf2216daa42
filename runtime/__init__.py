"""The machinery that carries facts between rooms. It knows events, never a room by name."""
