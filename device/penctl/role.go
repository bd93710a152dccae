package main

import (
	"flag"
	"slices"
	"strings"

	"stipple/protocol"
)

const roleFlagName = "role"

// roleFlag declares --role for a command that changes something. Until pens and
// consoles are paired the pen takes a console's word for it.
func roleFlag(fs *flag.FlagSet, otherwise protocol.Role) *string {
	word := ""
	if otherwise != protocol.RoleNone {
		word = otherwise.String()
	}
	return fs.String(roleFlagName, word, "who you are: `role`, one of "+strings.Join(roleWords(allRoles()), ", "))
}

func allRoles() []protocol.Role {
	return []protocol.Role{protocol.RoleClinician, protocol.RoleSeniorClinician, protocol.RoleTechnician, protocol.RoleServiceEngineer, protocol.RoleAdministrator}
}

func roleWords(roles []protocol.Role) []string {
	var words []string
	for _, r := range roles {
		words = append(words, r.String())
	}
	return words
}

// roleFor reads --role for requests of type t. A missing one is never guessed.
func roleFor(word string, t protocol.Type) (protocol.Role, error) {
	may := protocol.RolesOf(t)
	r, ok := protocol.RoleNamed(word)
	switch {
	case word == "":
		return 0, usageOf(roleFlagName, "--role is missing: %s", strings.Join(roleWords(may), " or "))
	case !ok:
		return 0, usageOf(roleFlagName, "--role %q: want one of %s", word, strings.Join(roleWords(allRoles()), ", "))
	case !slices.Contains(may, r):
		return 0, &failure{exit: exitRefused, field: roleFlagName, text: "a " + strings.ReplaceAll(word, "_", " ") + " may not do that: " + strings.Join(roleWords(may), " or ") + " may"}
	}
	return r, nil
}
