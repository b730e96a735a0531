import CMediaIO

/// The local addresses that datagrams came to, each under the small number that stands for it in `NetworkPath.local`.
///
/// Replies leave from the address the request came to; a peer's checks fail otherwise on hosts with several addresses.
/// A socket on one address doesn't tell it, and needn't be told: all its datagrams have the number `any`.
struct LocalAddressTable: ~Copyable {
    /// The number that leaves the choice of address to the kernel.
    static let any: UInt8 = 0

    private var addresses = [sluice_local()]
    /// Consecutive datagrams mostly come to one address.
    private var last = 0

    init() {
        addresses.reserveCapacity(256)
    }

    /// An address's number: a new one for a new address, `any` when the table is full.
    mutating func index(of address: sluice_local) -> UInt8 {
        if Self.equal(addresses[last], address) { return UInt8(truncatingIfNeeded: last) }
        if address.high == 0, address.low == 0 || address.low == 0xFFFF_0000_0000 { return Self.any }
        for index in addresses.indices where Self.equal(addresses[index], address) {
            last = index
            return UInt8(truncatingIfNeeded: index)
        }
        guard addresses.count <= Int(UInt8.max) else { return Self.any }
        addresses.append(address)
        last = addresses.count - 1
        return UInt8(truncatingIfNeeded: last)
    }

    /// The address behind a number; all zero, the kernel's choice, for a number never given out.
    subscript(_ index: UInt8) -> sluice_local {
        Int(index) < addresses.count ? addresses[Int(index)] : addresses[0]
    }

    private static func equal(_ left: sluice_local, _ right: sluice_local) -> Bool {
        left.low == right.low && left.high == right.high && left.interface == right.interface
    }
}
