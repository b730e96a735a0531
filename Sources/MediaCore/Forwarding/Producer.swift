/// One media section that a peer sends, and who watches it.
struct Producer: ~Copyable {
    let transport: SlotID
    let parameters: RTPParameters
    /// The received streams: one, or one for each simulcast encoding.
    var streams: [SlotID] = []
    var consumers: [SlotID] = []
    /// Its place in a group of speakers; nil when it is in none.
    var seat: SpeakerSeat?
    /// When its layers are looked at next.
    var nextLook = MediaInstant(nanoseconds: .min)
    /// Whether anybody ever set a frame rate: then choices are made anew now and then, since frame rates change.
    var limitsFrameRate = false
    var nextRateLook = MediaInstant(nanoseconds: .min)
    /// The layers that arrive, the least first, and when they are looked at next for what they cost.
    var ladder: [LayerRung] = []
    var nextLadderLook = MediaInstant(nanoseconds: .min)
    /// Layers that nobody watches, as last told.
    var unwatched: [LayerPosition] = []
    /// Whether it waits in the list of producers whose consumers' wishes are to be looked at, and whether they have to
    /// choose anew.
    var isUnsettled = false
    var hasNewLayers = false

    init(transport: SlotID, parameters: RTPParameters) {
        self.transport = transport
        self.parameters = parameters
    }
}
