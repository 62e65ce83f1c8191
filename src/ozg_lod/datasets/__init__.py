"""The datasets of a catalogue as files to download."""
