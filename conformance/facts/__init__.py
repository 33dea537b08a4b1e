"""What is true of the code: knows `ast`, knows no rule."""
