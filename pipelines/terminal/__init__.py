"""What a person reads: tables, sentences, progress bars."""
