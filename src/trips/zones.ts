/**
 * TLC's taxi zones as code, so that a bundled function needs no file. A test checks them against
 * data/zones/taxi_zone_lookup.csv; the rows are in order of their ids, starting at 1.
 */
import { ZONES } from './ride-limits.ts';

/** As TLC spells them. Unknown is zone 264; N/A is zone 265, outside the city. */
export const BOROUGHS = ['Manhattan', 'Brooklyn', 'Queens', 'Bronx', 'Staten Island', 'EWR', 'N/A', 'Unknown'] as const;
export type Borough = (typeof BOROUGHS)[number];

export interface Zone {
  readonly borough: Borough;
  readonly name: string;
}

/**
 * @param id any number; an id that is not a TLC zone (-1 if missing) becomes the zone that TLC calls unknown
 * @example
 * zoneOf(130); // { borough: 'Queens', name: 'Jamaica' }
 */
export const zoneOf = (id: number): Zone => TABLE[id - ZONES.first] ?? UNKNOWN;

const UNKNOWN: Zone = { borough: 'Unknown', name: 'N/A' };

const TABLE: readonly Zone[] = (
  [
    ['EWR', 'Newark Airport'], // 1
    ['Queens', 'Jamaica Bay'], // 2
    ['Bronx', 'Allerton/Pelham Gardens'], // 3
    ['Manhattan', 'Alphabet City'], // 4
    ['Staten Island', 'Arden Heights'], // 5
    ['Staten Island', 'Arrochar/Fort Wadsworth'], // 6
    ['Queens', 'Astoria'], // 7
    ['Queens', 'Astoria Park'], // 8
    ['Queens', 'Auburndale'], // 9
    ['Queens', 'Baisley Park'], // 10
    ['Brooklyn', 'Bath Beach'], // 11
    ['Manhattan', 'Battery Park'], // 12
    ['Manhattan', 'Battery Park City'], // 13
    ['Brooklyn', 'Bay Ridge'], // 14
    ['Queens', 'Bay Terrace/Fort Totten'], // 15
    ['Queens', 'Bayside'], // 16
    ['Brooklyn', 'Bedford'], // 17
    ['Bronx', 'Bedford Park'], // 18
    ['Queens', 'Bellerose'], // 19
    ['Bronx', 'Belmont'], // 20
    ['Brooklyn', 'Bensonhurst East'], // 21
    ['Brooklyn', 'Bensonhurst West'], // 22
    ['Staten Island', 'Bloomfield/Emerson Hill'], // 23
    ['Manhattan', 'Bloomingdale'], // 24
    ['Brooklyn', 'Boerum Hill'], // 25
    ['Brooklyn', 'Borough Park'], // 26
    ['Queens', 'Breezy Point/Fort Tilden/Riis Beach'], // 27
    ['Queens', 'Briarwood/Jamaica Hills'], // 28
    ['Brooklyn', 'Brighton Beach'], // 29
    ['Queens', 'Broad Channel'], // 30
    ['Bronx', 'Bronx Park'], // 31
    ['Bronx', 'Bronxdale'], // 32
    ['Brooklyn', 'Brooklyn Heights'], // 33
    ['Brooklyn', 'Brooklyn Navy Yard'], // 34
    ['Brooklyn', 'Brownsville'], // 35
    ['Brooklyn', 'Bushwick North'], // 36
    ['Brooklyn', 'Bushwick South'], // 37
    ['Queens', 'Cambria Heights'], // 38
    ['Brooklyn', 'Canarsie'], // 39
    ['Brooklyn', 'Carroll Gardens'], // 40
    ['Manhattan', 'Central Harlem'], // 41
    ['Manhattan', 'Central Harlem North'], // 42
    ['Manhattan', 'Central Park'], // 43
    ['Staten Island', 'Charleston/Tottenville'], // 44
    ['Manhattan', 'Chinatown'], // 45
    ['Bronx', 'City Island'], // 46
    ['Bronx', 'Claremont/Bathgate'], // 47
    ['Manhattan', 'Clinton East'], // 48
    ['Brooklyn', 'Clinton Hill'], // 49
    ['Manhattan', 'Clinton West'], // 50
    ['Bronx', 'Co-Op City'], // 51
    ['Brooklyn', 'Cobble Hill'], // 52
    ['Queens', 'College Point'], // 53
    ['Brooklyn', 'Columbia Street'], // 54
    ['Brooklyn', 'Coney Island'], // 55
    ['Queens', 'Corona'], // 56
    ['Queens', 'Corona'], // 57
    ['Bronx', 'Country Club'], // 58
    ['Bronx', 'Crotona Park'], // 59
    ['Bronx', 'Crotona Park East'], // 60
    ['Brooklyn', 'Crown Heights North'], // 61
    ['Brooklyn', 'Crown Heights South'], // 62
    ['Brooklyn', 'Cypress Hills'], // 63
    ['Queens', 'Douglaston'], // 64
    ['Brooklyn', 'Downtown Brooklyn/MetroTech'], // 65
    ['Brooklyn', 'DUMBO/Vinegar Hill'], // 66
    ['Brooklyn', 'Dyker Heights'], // 67
    ['Manhattan', 'East Chelsea'], // 68
    ['Bronx', 'East Concourse/Concourse Village'], // 69
    ['Queens', 'East Elmhurst'], // 70
    ['Brooklyn', 'East Flatbush/Farragut'], // 71
    ['Brooklyn', 'East Flatbush/Remsen Village'], // 72
    ['Queens', 'East Flushing'], // 73
    ['Manhattan', 'East Harlem North'], // 74
    ['Manhattan', 'East Harlem South'], // 75
    ['Brooklyn', 'East New York'], // 76
    ['Brooklyn', 'East New York/Pennsylvania Avenue'], // 77
    ['Bronx', 'East Tremont'], // 78
    ['Manhattan', 'East Village'], // 79
    ['Brooklyn', 'East Williamsburg'], // 80
    ['Bronx', 'Eastchester'], // 81
    ['Queens', 'Elmhurst'], // 82
    ['Queens', 'Elmhurst/Maspeth'], // 83
    ['Staten Island', "Eltingville/Annadale/Prince's Bay"], // 84
    ['Brooklyn', 'Erasmus'], // 85
    ['Queens', 'Far Rockaway'], // 86
    ['Manhattan', 'Financial District North'], // 87
    ['Manhattan', 'Financial District South'], // 88
    ['Brooklyn', 'Flatbush/Ditmas Park'], // 89
    ['Manhattan', 'Flatiron'], // 90
    ['Brooklyn', 'Flatlands'], // 91
    ['Queens', 'Flushing'], // 92
    ['Queens', 'Flushing Meadows-Corona Park'], // 93
    ['Bronx', 'Fordham South'], // 94
    ['Queens', 'Forest Hills'], // 95
    ['Queens', 'Forest Park/Highland Park'], // 96
    ['Brooklyn', 'Fort Greene'], // 97
    ['Queens', 'Fresh Meadows'], // 98
    ['Staten Island', 'Freshkills Park'], // 99
    ['Manhattan', 'Garment District'], // 100
    ['Queens', 'Glen Oaks'], // 101
    ['Queens', 'Glendale'], // 102
    ['Manhattan', "Governor's Island/Ellis Island/Liberty Island"], // 103
    ['Manhattan', "Governor's Island/Ellis Island/Liberty Island"], // 104
    ['Manhattan', "Governor's Island/Ellis Island/Liberty Island"], // 105
    ['Brooklyn', 'Gowanus'], // 106
    ['Manhattan', 'Gramercy'], // 107
    ['Brooklyn', 'Gravesend'], // 108
    ['Staten Island', 'Great Kills'], // 109
    ['Staten Island', 'Great Kills Park'], // 110
    ['Brooklyn', 'Green-Wood Cemetery'], // 111
    ['Brooklyn', 'Greenpoint'], // 112
    ['Manhattan', 'Greenwich Village North'], // 113
    ['Manhattan', 'Greenwich Village South'], // 114
    ['Staten Island', 'Grymes Hill/Clifton'], // 115
    ['Manhattan', 'Hamilton Heights'], // 116
    ['Queens', 'Hammels/Arverne'], // 117
    ['Staten Island', 'Heartland Village/Todt Hill'], // 118
    ['Bronx', 'Highbridge'], // 119
    ['Manhattan', 'Highbridge Park'], // 120
    ['Queens', 'Hillcrest/Pomonok'], // 121
    ['Queens', 'Hollis'], // 122
    ['Brooklyn', 'Homecrest'], // 123
    ['Queens', 'Howard Beach'], // 124
    ['Manhattan', 'Hudson Sq'], // 125
    ['Bronx', 'Hunts Point'], // 126
    ['Manhattan', 'Inwood'], // 127
    ['Manhattan', 'Inwood Hill Park'], // 128
    ['Queens', 'Jackson Heights'], // 129
    ['Queens', 'Jamaica'], // 130
    ['Queens', 'Jamaica Estates'], // 131
    ['Queens', 'JFK Airport'], // 132
    ['Brooklyn', 'Kensington'], // 133
    ['Queens', 'Kew Gardens'], // 134
    ['Queens', 'Kew Gardens Hills'], // 135
    ['Bronx', 'Kingsbridge Heights'], // 136
    ['Manhattan', 'Kips Bay'], // 137
    ['Queens', 'LaGuardia Airport'], // 138
    ['Queens', 'Laurelton'], // 139
    ['Manhattan', 'Lenox Hill East'], // 140
    ['Manhattan', 'Lenox Hill West'], // 141
    ['Manhattan', 'Lincoln Square East'], // 142
    ['Manhattan', 'Lincoln Square West'], // 143
    ['Manhattan', 'Little Italy/NoLiTa'], // 144
    ['Queens', 'Long Island City/Hunters Point'], // 145
    ['Queens', 'Long Island City/Queens Plaza'], // 146
    ['Bronx', 'Longwood'], // 147
    ['Manhattan', 'Lower East Side'], // 148
    ['Brooklyn', 'Madison'], // 149
    ['Brooklyn', 'Manhattan Beach'], // 150
    ['Manhattan', 'Manhattan Valley'], // 151
    ['Manhattan', 'Manhattanville'], // 152
    ['Manhattan', 'Marble Hill'], // 153
    ['Brooklyn', 'Marine Park/Floyd Bennett Field'], // 154
    ['Brooklyn', 'Marine Park/Mill Basin'], // 155
    ['Staten Island', 'Mariners Harbor'], // 156
    ['Queens', 'Maspeth'], // 157
    ['Manhattan', 'Meatpacking/West Village West'], // 158
    ['Bronx', 'Melrose South'], // 159
    ['Queens', 'Middle Village'], // 160
    ['Manhattan', 'Midtown Center'], // 161
    ['Manhattan', 'Midtown East'], // 162
    ['Manhattan', 'Midtown North'], // 163
    ['Manhattan', 'Midtown South'], // 164
    ['Brooklyn', 'Midwood'], // 165
    ['Manhattan', 'Morningside Heights'], // 166
    ['Bronx', 'Morrisania/Melrose'], // 167
    ['Bronx', 'Mott Haven/Port Morris'], // 168
    ['Bronx', 'Mount Hope'], // 169
    ['Manhattan', 'Murray Hill'], // 170
    ['Queens', 'Murray Hill-Queens'], // 171
    ['Staten Island', 'New Dorp/Midland Beach'], // 172
    ['Queens', 'North Corona'], // 173
    ['Bronx', 'Norwood'], // 174
    ['Queens', 'Oakland Gardens'], // 175
    ['Staten Island', 'Oakwood'], // 176
    ['Brooklyn', 'Ocean Hill'], // 177
    ['Brooklyn', 'Ocean Parkway South'], // 178
    ['Queens', 'Old Astoria'], // 179
    ['Queens', 'Ozone Park'], // 180
    ['Brooklyn', 'Park Slope'], // 181
    ['Bronx', 'Parkchester'], // 182
    ['Bronx', 'Pelham Bay'], // 183
    ['Bronx', 'Pelham Bay Park'], // 184
    ['Bronx', 'Pelham Parkway'], // 185
    ['Manhattan', 'Penn Station/Madison Sq West'], // 186
    ['Staten Island', 'Port Richmond'], // 187
    ['Brooklyn', 'Prospect-Lefferts Gardens'], // 188
    ['Brooklyn', 'Prospect Heights'], // 189
    ['Brooklyn', 'Prospect Park'], // 190
    ['Queens', 'Queens Village'], // 191
    ['Queens', 'Queensboro Hill'], // 192
    ['Queens', 'Queensbridge/Ravenswood'], // 193
    ['Manhattan', 'Randalls Island'], // 194
    ['Brooklyn', 'Red Hook'], // 195
    ['Queens', 'Rego Park'], // 196
    ['Queens', 'Richmond Hill'], // 197
    ['Queens', 'Ridgewood'], // 198
    ['Bronx', 'Rikers Island'], // 199
    ['Bronx', 'Riverdale/North Riverdale/Fieldston'], // 200
    ['Queens', 'Rockaway Park'], // 201
    ['Manhattan', 'Roosevelt Island'], // 202
    ['Queens', 'Rosedale'], // 203
    ['Staten Island', 'Rossville/Woodrow'], // 204
    ['Queens', 'Saint Albans'], // 205
    ['Staten Island', 'Saint George/New Brighton'], // 206
    ['Queens', 'Saint Michaels Cemetery/Woodside'], // 207
    ['Bronx', 'Schuylerville/Edgewater Park'], // 208
    ['Manhattan', 'Seaport'], // 209
    ['Brooklyn', 'Sheepshead Bay'], // 210
    ['Manhattan', 'SoHo'], // 211
    ['Bronx', 'Soundview/Bruckner'], // 212
    ['Bronx', 'Soundview/Castle Hill'], // 213
    ['Staten Island', 'South Beach/Dongan Hills'], // 214
    ['Queens', 'South Jamaica'], // 215
    ['Queens', 'South Ozone Park'], // 216
    ['Brooklyn', 'South Williamsburg'], // 217
    ['Queens', 'Springfield Gardens North'], // 218
    ['Queens', 'Springfield Gardens South'], // 219
    ['Bronx', 'Spuyten Duyvil/Kingsbridge'], // 220
    ['Staten Island', 'Stapleton'], // 221
    ['Brooklyn', 'Starrett City'], // 222
    ['Queens', 'Steinway'], // 223
    ['Manhattan', 'Stuy Town/Peter Cooper Village'], // 224
    ['Brooklyn', 'Stuyvesant Heights'], // 225
    ['Queens', 'Sunnyside'], // 226
    ['Brooklyn', 'Sunset Park East'], // 227
    ['Brooklyn', 'Sunset Park West'], // 228
    ['Manhattan', 'Sutton Place/Turtle Bay North'], // 229
    ['Manhattan', 'Times Sq/Theatre District'], // 230
    ['Manhattan', 'TriBeCa/Civic Center'], // 231
    ['Manhattan', 'Two Bridges/Seward Park'], // 232
    ['Manhattan', 'UN/Turtle Bay South'], // 233
    ['Manhattan', 'Union Sq'], // 234
    ['Bronx', 'University Heights/Morris Heights'], // 235
    ['Manhattan', 'Upper East Side North'], // 236
    ['Manhattan', 'Upper East Side South'], // 237
    ['Manhattan', 'Upper West Side North'], // 238
    ['Manhattan', 'Upper West Side South'], // 239
    ['Bronx', 'Van Cortlandt Park'], // 240
    ['Bronx', 'Van Cortlandt Village'], // 241
    ['Bronx', 'Van Nest/Morris Park'], // 242
    ['Manhattan', 'Washington Heights North'], // 243
    ['Manhattan', 'Washington Heights South'], // 244
    ['Staten Island', 'West Brighton'], // 245
    ['Manhattan', 'West Chelsea/Hudson Yards'], // 246
    ['Bronx', 'West Concourse'], // 247
    ['Bronx', 'West Farms/Bronx River'], // 248
    ['Manhattan', 'West Village'], // 249
    ['Bronx', 'Westchester Village/Unionport'], // 250
    ['Staten Island', 'Westerleigh'], // 251
    ['Queens', 'Whitestone'], // 252
    ['Queens', 'Willets Point'], // 253
    ['Bronx', 'Williamsbridge/Olinville'], // 254
    ['Brooklyn', 'Williamsburg (North Side)'], // 255
    ['Brooklyn', 'Williamsburg (South Side)'], // 256
    ['Brooklyn', 'Windsor Terrace'], // 257
    ['Queens', 'Woodhaven'], // 258
    ['Bronx', 'Woodlawn/Wakefield'], // 259
    ['Queens', 'Woodside'], // 260
    ['Manhattan', 'World Trade Center'], // 261
    ['Manhattan', 'Yorkville East'], // 262
    ['Manhattan', 'Yorkville West'], // 263
    ['Unknown', 'N/A'], // 264
    ['N/A', 'Outside of NYC'], // 265
  ] as const
).map(([borough, name]) => ({ borough, name }));
