# Aliases of ./foyer, nothing more. Arguments: make test ARGS="-k clients".
COMMANDS := run test check stop lock help

.PHONY: $(COMMANDS)
.DEFAULT_GOAL := help

$(COMMANDS):
	@./foyer $@ $(ARGS)
