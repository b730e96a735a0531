public import MediaCore

extension MediaWorker {
    /// How a worker reaches the network.
    public struct Configuration: Sendable {
        /// The UDP port, the same for IPv4 and IPv6; 0 takes any that is free.
        public var udpPort: UInt16 = 0
        /// An IPv4 or IPv6 literal, an address of this host: the only one to listen on and to send from; nil for every
        /// address of both families.
        ///
        /// Each datagram then leaves without a word about its source: less work, and nothing to get wrong, on a host
        /// whose address is known and stays. When the host loses the address the worker is cut off until it has it
        /// back, and an address it gets later is not used; a worker on every address follows such changes.
        public var bindAddress: String?
        /// Announces only this interface's addresses; has no effect beside `announcedAddresses`, but must exist. The
        /// sockets listen on every interface nevertheless, or on `bindAddress`, which must then be the interface's.
        public var interface: String?
        /// IPv4 and IPv6 literals to announce instead of the interfaces' addresses, best first: a public address that
        /// is translated to this host's, for instance. Beside `bindAddress` all are of its family.
        public var announcedAddresses: [String] = []
        /// The longest that a received packet may wait for the rest of its frame, in 0...5 milliseconds; 0 forwards each
        /// at once.
        ///
        /// Packets that leave together for one watcher share one message to the kernel, which is most of what
        /// forwarding costs. A packet waits only if its frame isn't complete, and only while waits have lately saved
        /// more than they cost: with few watchers, with packets that come evenly spaced, or where the kernel can't
        /// segment messages, none does, but for one in 32 that tries whether that has changed. The frame's last packet
        /// ends the wait, and so does silence of a quarter of this time.
        public var coalescing = MediaDuration.milliseconds(1)
        /// How the engine behaves. Its candidates are not used: the worker puts in its own.
        public var engine = MediaEngineConfiguration(candidates: [])
        /// The engine's source of randomness.
        public var random = MediaRandom.system
        /// Ties the monotonic clock to the wall clock; nil reads the host's clocks when the worker starts.
        public var wallClock: WallClock?

        /// Creates the default configuration: any free port, every interface.
        public init() {}
    }
}
