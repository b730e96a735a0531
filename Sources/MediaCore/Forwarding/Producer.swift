/// One media section that a peer sends, and who watches it.
struct Producer: ~Copyable {
    let transport: SlotID
    let parameters: RTPParameters
    /// The received streams: one, or one for each simulcast encoding.
    var streams: [SlotID] = []
    /// The stream that consumers are fed from: the first that arrived.
    var forwarded: SlotID?
    var consumers: [SlotID] = []
    /// The forwarded stream's packets, for the consumers to take.
    var arrivals = ArrivalLog()
    /// Whether it waits in the list of producers whose consumers have something to take.
    var isDirty = false
    /// Its place in a group of speakers; nil when it is in none.
    var seat: SpeakerSeat?

    init(transport: SlotID, parameters: RTPParameters) {
        self.transport = transport
        self.parameters = parameters
    }
}
