// A module that only names Telegraf as a tool. scripts/lib/go-program.mjs copies it into a temporary directory and
// builds there, with go-hdb 1.14.19 in place of the 1.14.18 that Telegraf names: no database of ours needs either.

module that only names Telegraf as a tool. scripts/lib/go-program.mjs copies it into a temporary directory and
// builds there. go-hdb 1.14.18 was taken back by its authors; Telegraf 1.37.2 still requires it.

module example.invalid/peers/telegraf
go 1.25.0
exclude github.com/SAP/go-hdb v1.14.18
tool github.com/influxdata/telegraf/cmd/telegraf
require (
	github.com/influxdata/telegraf v1.37.2
	github.com/SAP/go-hdb v1.14.19
)
