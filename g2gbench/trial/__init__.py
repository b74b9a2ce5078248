"""One measured session from connect to teardown, in processes of its own."""
