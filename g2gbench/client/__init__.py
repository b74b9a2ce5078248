"""The measured client: a process that runs one session and journals what it sees."""
