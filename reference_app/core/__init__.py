"""What every other part may use: constants, errors, sessions, passwords."""
