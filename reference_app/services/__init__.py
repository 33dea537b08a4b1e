"""What the application does. Each service is handed what it needs, and knows no web, worker, scheduler or terminal."""
