internal import Pipeline

/// What the console counts of all transactions since the beginning, shown or not. Exact: amounts are summed in cents.
struct Statistics: Sendable {
    /// A sum by currency.
    struct CurrencySum: Sendable, Hashable {
        /// The currency.
        var currency: Tally.Key
        /// The sum in cents (hundredths, for a currency without cents too).
        var cents: Int128
    }

    /// How many transactions.
    private(set) var total = 0
    /// How many of them raised an alert (``AlertRule``).
    private(set) var alerts = 0
    /// Counts by status.
    private(set) var statuses = Tally(keys: [success] + AlertRule.statuses)
    /// Counts by transaction type.
    private(set) var types = Tally()
    /// Counts by region.
    private(set) var regions = Tally()
    /// The sum of all successful amounts in cents.
    private(set) var successfulCents: Int128 = 0
    /// Successful amounts that had more than two decimals and were rounded to the cent one by one.
    private(set) var roundedAmounts = 0
    /// Successful amounts too large to be told to the cent, which are in no sum.
    private(set) var unsummedAmounts = 0

    // The first key of `statuses`; those of AlertRule follow it.
    private static let success = "SUCCESS"
    private static let successNumber = 1
    private static let alertNumbers = 2..<2 + AlertRule.statuses.count

    private var currencies = ByteKeyTable()
    private var currencyCents: [Int128] = [0]
    private var centsWithoutCurrency: Int128?

    /// Sums of successful amounts, the largest first; equal ones by name.
    var currencySums: [CurrencySum] {
        var sums: [CurrencySum] = []
        for number in 1..<currencies.count {
            sums.append(CurrencySum(currency: .bytes(Array(currencies.key(number))), cents: currencyCents[number]))
        }
        sums.sort { left, right in
            guard left.cents == right.cents, case .bytes(let one) = left.currency, case .bytes(let two) = right.currency
            else { return left.cents > right.cents }
            return one.lexicographicallyPrecedes(two)
        }
        if currencyCents[ByteKeyTable.others] != 0 {
            sums.append(CurrencySum(currency: .others, cents: currencyCents[ByteKeyTable.others]))
        }
        if let centsWithoutCurrency { sums.append(CurrencySum(currency: .none, cents: centsWithoutCurrency)) }
        return sums
    }

    /// Counts some of a batch's records.
    /// - Parameters:
    ///   - range: their indices.
    ///   - batch: a parsed batch.
    mutating func add(_ range: Range<Int>, of batch: Batch) {
        guard let table = batch.fields else { return }
        let columns = TransactionColumns(table)
        let (status, type, region) = (columns[.status], columns[.type], columns[.region])
        let (amount, currency) = (columns[.amount], columns[.currency])
        batch.withFieldCells { cells in
            for record in batch.records[range] {
                let row = Int(record.row) * cells.width
                func text(_ column: Int?) -> UnsafeRawBufferPointer? { column.flatMap { cells.text(row + $0) } }
                let value = amount.flatMap { cells.number(row + $0) }
                let number = statuses.add(text(status))
                types.add(text(type))
                regions.add(text(region))
                if Self.alertNumbers.contains(number) || (value ?? 0) > AlertRule.highestAmount { alerts += 1 }
                if number == Self.successNumber, let value { addSuccessful(value, currency: text(currency)) }
            }
        }
        total += range.count
    }

    private mutating func addSuccessful(_ amount: Double, currency: UnsafeRawBufferPointer?) {
        guard let money = Money(amount) else {
            unsummedAmounts += 1
            return
        }
        if !money.isExact { roundedAmounts += 1 }
        let cents = Int128(money.cents)
        successfulCents += cents
        guard let currency else {
            centsWithoutCurrency = (centsWithoutCurrency ?? 0) + cents
            return
        }
        let number = currencies.number(of: currency)
        if number == currencyCents.count { currencyCents.append(0) }
        currencyCents[number] += cents
    }
}
