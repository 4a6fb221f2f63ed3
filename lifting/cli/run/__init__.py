"""Run of a training, test or prediction: its start, processes, records, display and end."""
