"""The command line, for whoever runs Aliquot: `server/aliquot --help`.

Each command reads the same settings as the server and ends with 0 when all is well. It stands on
the top floor: no other package may import it.
"""
