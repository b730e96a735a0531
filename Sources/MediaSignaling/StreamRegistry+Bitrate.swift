import MediaCore
import NIOCore

/// How much publishers are asked to send at most, what watchers' links carry, and how much of that is used at most.
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

    /// Remembers what the link of a watcher carries whose session has ended.
    func keepEstimate(of session: SessionID, _ closing: Closing) async {
        guard !isDraining,
            let bitrates = try? await backends[closing.worker].outgoingBitrates(of: closing.transport)
        else { return }
        estimates.keep(bitrates.available, of: session, at: NIODeadline.now().uptimeNanoseconds)
    }

    /// What the link of a watcher carried last that had this session, or still has: who comes back after an outage is
    /// often here before the server has missed it.
    func lastEstimate(of session: SessionID?) async -> Int64? {
        guard let session else { return nil }
        if let watching = sessions[session], watching.role == .watch, let transport = watching.transport {
            return try? await backends[watching.worker].outgoingBitrates(of: transport).available
        }
        return estimates.take(session, at: NIODeadline.now().uptimeNanoseconds)
    }

    /// What a watcher's link is believed to carry, and what of that it is given.
    func outgoingBitrates(_ id: SessionID, streams: StreamList) async throws(SignalingError) -> OutgoingBitrateReport {
        guard let session = lookUp(id, .watch, streams), let transport = session.transport else {
            throw .unknownSession
        }
        do throws(MediaEngineError) {
            return OutgoingBitrateReport(try await backends[session.worker].outgoingBitrates(of: transport))
        } catch {
            throw .engine(error, .watch)
        }
    }

    /// Sets, changes or lifts the limit of what a watcher is sent; answers like `outgoingBitrates`.
    func changeOutgoingBitrate(
        _ id: SessionID, streams: StreamList, _ request: BitrateRequest
    ) async throws(SignalingError) -> OutgoingBitrateReport {
        guard let session = lookUp(id, .watch, streams) else { throw .unknownSession }
        try takeChange(of: id)
        guard let limit = request.maximumBitrate else { return try await outgoingBitrates(id, streams: streams) }
        try await beginUpdate(id, session)
        defer { endUpdate(id) }
        guard let session = lookUp(id, .watch, streams), let transport = session.transport else {
            throw .unknownSession
        }
        do throws(MediaEngineError) {
            try await backends[session.worker].limitOutgoingBitrate(of: transport, to: limit)
        } catch {
            throw .engine(error, .watch)
        }
        return try await outgoingBitrates(id, streams: streams)
    }
}
