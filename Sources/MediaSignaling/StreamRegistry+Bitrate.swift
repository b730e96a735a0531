import MediaCore

/// How much a publisher is asked to send at most.
extension StreamRegistry {
    /// What a publisher is asked to keep to.
    func bitrate(_ id: SessionID, streams: StreamList) throws(SignalingError) -> BitrateReport {
        guard let session = lookUp(id, .publish, streams) else { throw .unknownSession }
        return BitrateReport(maxBitrate: session.bitrateLimit)
    }

    /// Sets, changes or lifts a publisher's limit; answers like `bitrate`. It is never above that of the server, which
    /// is no publisher's to lift.
    func changeBitrate(
        _ id: SessionID, streams: StreamList, _ request: BitrateRequest
    ) async throws(SignalingError) -> BitrateReport {
        guard let session = lookUp(id, .publish, streams) else { throw .unknownSession }
        try takeChange(of: id)
        guard let wanted = request.maximumBitrate else { return try bitrate(id, streams: streams) }
        try await beginUpdate(id, session)
        defer { endUpdate(id) }
        guard let session = lookUp(id, .publish, streams), let transport = session.transport else {
            throw .unknownSession
        }
        let limit = [wanted, publishing.bitrateLimit].compactMap(\.self).min()
        do throws(MediaEngineError) {
            try await backends[session.worker].limitBitrate(of: transport, to: limit)
        } catch {
            throw .engine(error, .publish)
        }
        sessions[id]?.bitrateLimit = limit
        return try bitrate(id, streams: streams)
    }
}
