"""What everything rests on: errors, findings, settings, vocabulary, folding of text."""
