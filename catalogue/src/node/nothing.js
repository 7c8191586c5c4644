// A module of Node that destinations name and never reach here.

module.exports = {}
