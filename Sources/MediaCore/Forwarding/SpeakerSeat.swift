/// A producer's place in a group of speakers.
struct SpeakerSeat {
    var group: SlotID
    var number: Int
    /// Whether its last packet was not forwarded.
    var isSilenced = false
}
