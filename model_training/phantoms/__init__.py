"""Made-up chest films, with findings that are drawn and so known."""
