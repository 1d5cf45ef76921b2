package meta

import "encoding/json"

// First gives the commands of a first start: the virtual host "/", the user
// guest with all permissions there and the tag administrator, the name of the
// cluster and its internal identity. guestHash is the password_hash of
// guest's password by that algorithm.
func First(clusterName, clusterID, guestHash, algorithm string) []Command {
	const vhost, guest, all = "/", "guest", ".*"
	text := func(s string) json.RawMessage {
		quoted, err := json.Marshal(s)
		if err != nil {
			panic("BUG: meta: a string is always JSON: " + err.Error())
		}
		return quoted
	}
	return []Command{
		PutVhost{Vhost{Name: vhost, Description: "Default virtual host"}},
		PutUser{User{
			Name:             guest,
			PasswordHash:     guestHash,
			HashingAlgorithm: algorithm,
			Tags:             []string{"administrator"},
		}},
		PutPermission{Permission{User: guest, Vhost: vhost, Configure: all, Write: all, Read: all}},
		PutGlobalParameter{GlobalParameter{ClusterName, text(clusterName)}},
		PutGlobalParameter{GlobalParameter{InternalClusterID, text(clusterID)}},
	}
}
