"""From a folder or table to films: what is there, decoded once, parted by patient."""
