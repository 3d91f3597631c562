"""The parts that every HTML report is made of."""
