// Connections are the host's matter: an agent is accepted and has no effect.

exports.Agent = class Agent {
  destroy() {}
}
