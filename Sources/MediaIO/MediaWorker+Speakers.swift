public import MediaCore

/// Groups of participants: the dominant speaker, and the last who spoke.
extension MediaWorker {
    /// Makes a group of audio producers: see `MediaEngine.makeSpeakerGroup`.
    ///
    /// - Parameter lastN: how many are heard at most, 1 or more; nil for everybody.
    /// - Throws: `.invalidConfiguration` for a number out of range; `.stopped` after `shutdown`.
    public func makeSpeakerGroup(lastN: Int? = nil) throws(MediaEngineError) -> SpeakerGroupID {
        guard !loop.driver.isStopping else { throw .stopped }
        return try loop.driver.makeSpeakerGroup(lastN: lastN)
    }

    /// Removes a group; its producers are heard again. Returns whether it was still there.
    @discardableResult
    public func removeSpeakerGroup(_ group: SpeakerGroupID) -> Bool {
        loop.driver.removeSpeakerGroup(group)
    }

    /// Adds an audio producer to a group. It leaves the one that it was in; when it closes, it leaves by itself.
    ///
    /// - Throws: `.unknownSpeakerGroup`, `.unknownProducer`; `.invalidConfiguration` for a producer of video.
    public func add(_ producer: ProducerID, to group: SpeakerGroupID) throws(MediaEngineError) {
        try loop.driver.add(producer, to: group)
    }

    /// Takes a producer out of a group: it is heard again. Returns whether it was in it.
    @discardableResult
    public func remove(_ producer: ProducerID, from group: SpeakerGroupID) -> Bool {
        loop.driver.remove(producer, from: group)
    }

    /// Limits how many of a group are heard; nil lifts the limit.
    ///
    /// - Throws: `.unknownSpeakerGroup`; `.invalidConfiguration` for a number out of range.
    public func setLastN(_ lastN: Int?, of group: SpeakerGroupID) throws(MediaEngineError) {
        try loop.driver.setLastN(lastN, of: group)
    }

    /// A group's dominant speaker: in silence, the last one. nil before anybody has spoken.
    ///
    /// - Throws: `.unknownSpeakerGroup`.
    public func dominantSpeaker(of group: SpeakerGroupID) throws(MediaEngineError) -> ProducerID? {
        try loop.driver.dominantSpeaker(of: group)
    }
}
